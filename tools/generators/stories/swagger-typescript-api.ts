// The story of one job, told with the client of swagger-typescript-api. It has no parameter for headers of a request; they
// are passed like those of fetch.
import { Api, ScrapReason, type Error as ApiError, type Event, type HttpResponse } from "../generated/swagger-typescript-api";

async function main(baseUrl: string) {
  // The generator does not see that a response with a name of its own, such as CreatedJob, is JSON.
  const { api } = new Api({ baseUrl, baseApiParams: { format: "json" } });

  const { data: job } = await api.createJob({ name: "JOB-2024-001", goalQuantity: 50 });
  console.log(`${job.name}: ${job.goalQuantity} units`);

  const steps = ["Saw", "CNC Machining", "Deburring", "Inspection"].map((name) => ({ name }));
  const { data: path } = await api.createPath({ jobId: job.id, name: "Main Route", goalQuantity: 50, steps });
  console.log(`${path.name}: ${path.steps.map((step) => step.name).join(", ")}`);

  const [first, second] = (await api.createSerials({ pathId: path.id, quantity: 2 })).data;
  if (!first || !second) throw new Error("two units were asked for");
  console.log(`units: ${first.id}, ${second.id}`);

  const { data: moved } = await api.advanceSerial(first.id, { fromStepIndex: 0, userId: "maria" });
  console.log(`${moved.id} is at ${moved.currentStepName}`);

  const { data: events } = await api.listEvents({ serialId: first.id });
  for (const event of events) console.log(`${event.type}: ${told(event)}`);

  const read = await api.getJob(job.id);
  const ifMatch = { headers: { "If-Match": read.headers.get("ETag") ?? "" } };
  const { data: updated } = await api.updateJob(job.id, { goalQuantity: 60 }, ifMatch);
  console.log(`goal: ${updated.goalQuantity}`);
  console.log(await refusal(api.updateJob(job.id, { goalQuantity: 60 }, ifMatch)));
  console.log(await refusal(api.advanceSerial(first.id, { fromStepIndex: 0 })));

  const { data: scrapped } = await api.scrapSerial(second.id, { reason: ScrapReason.Damaged });
  console.log(`${scrapped.id}: ${scrapped.status}, ${scrapped.scrapReason}`);

  const { data: closed } = await api.closeJob(job.id, { reason: "Shipped" });
  console.log(`closed: ${closed.closedAt !== undefined}, ${closed.closeReason}`);
}

// told shows that the type of an event says what its data is.
function told(event: Event): string {
  switch (event.type) {
    case "serial.created":
      return event.data.stepName;
    case "serial.advanced":
      return `${event.data.fromStepName} to ${event.data.toStepName}`;
    default:
      throw new Error(`unexpected event ${event.type}`);
  }
}

// refusal returns the status and the message of a refused request. The client throws them.
async function refusal(request: Promise<HttpResponse<unknown, ApiError>>): Promise<string> {
  const { error } = await request.then(
    () => Promise.reject(new Error("the request was not refused")),
    (answer: HttpResponse<unknown, ApiError>) => answer,
  );
  return `${error.statusCode}: ${error.message}`;
}

void main(process.argv[2] ?? "");
