const { createClient } = require("@routecard/client");

console.log(typeof createClient, typeof createClient({ baseUrl: "http://localhost:3000" }).jobs.create);
