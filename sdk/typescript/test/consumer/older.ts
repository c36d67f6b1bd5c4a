// What a project with older settings of TypeScript (CommonJS, moduleResolution node10) compiles.
import { createClient } from "@routecard/client";

export const created: Promise<{ id: string }> = createClient({ baseUrl: "" }).jobs.create({ name: "JOB-2024-001", goalQuantity: 50 });
