// ReDoc on our own schema; the address stands on the element.
"use strict";

window.addEventListener("load", () => {
  const place = document.getElementById("redoc");
  window.Redoc.init(place.dataset.schema, { disableSearch: false, hideDownloadButton: false, nativeScrollbars: true }, place);
});
