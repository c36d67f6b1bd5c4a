// Kept out of the page itself: its Content-Security-Policy allows no inline script.
SwaggerUIBundle({
  dom_id: "#explorer",
  url: "/openapi.json",
  deepLinking: true,
  tryItOutEnabled: true,
  // Without this the explorer would send the contract to a validator on the internet.
  validatorUrl: null,
});
