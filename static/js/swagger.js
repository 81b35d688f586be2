// Swagger UI on our own schema; the address stands on the element.
"use strict";

window.addEventListener("load", () => {
  const place = document.getElementById("swagger-ui");
  window.SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    validatorUrl: null,
    persistAuthorization: false,
    tryItOutEnabled: true,
    requestInterceptor: (request) => {
      const token = document.cookie.split("; ").find((part) => /^(__Host-)?csrftoken=/.test(part));
      if (token) request.headers["X-CSRFToken"] = token.slice(token.indexOf("=") + 1);
      return request;
    },
  });
});
