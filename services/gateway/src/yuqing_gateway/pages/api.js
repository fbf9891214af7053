// Draws the API's page from the OpenAPI document; a session by cookie is enough to try calls out.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  persistAuthorization: true,
});
