// Passkeys and recovery codes: opens buttons, says what went wrong, and prints. The pages' own scripts are django-allauth's.
(() => {
  "use strict";

  document.addEventListener("allauth.error", (event) => {
    const place = document.querySelector("[data-passkey-error]");
    if (place === null) return;
    event.preventDefault();
    place.hidden = false;
    place.scrollIntoView({ block: "nearest" });
  });

  // Whoever is quicker than the scripts finds a button that waits, not one that does nothing. Theirs begin with the same
  // event, and were there first.
  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-passkey]")) button.disabled = false;
  });

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
})();
