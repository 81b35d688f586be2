// Passkeys and recovery codes: says what went wrong, and prints. The pages' own scripts are django-allauth's.
(() => {
  "use strict";

  document.addEventListener("allauth.error", (event) => {
    const place = document.querySelector("[data-passkey-error]");
    if (place === null) return;
    event.preventDefault();
    place.hidden = false;
    place.scrollIntoView({ block: "nearest" });
  });

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
})();
