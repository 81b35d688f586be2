// Small comforts; every page works without them.
(() => {
  "use strict";

  const typing = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;

  // "/" moves to the search box.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const box = document.querySelector("[data-search]");
    if (box === null) return;
    event.preventDefault();
    box.focus();
  });

  // <form data-confirm="Question?"> asks first; a form is sent once.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = form.dataset.confirm;
    if (form.dataset.sent === "yes" || (question && !window.confirm(question))) {
      event.preventDefault();
      return;
    }
    if (form.getAttribute("method") === "post" && !event.defaultPrevented) form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest("form[data-sent]");
    if (form !== null) delete form.dataset.sent;
  });

  // A menu of a phone closes with Escape.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector("details:is(.office-menu, .account-menu)[open]");
    if (menu === null) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
})();
