// Node's runtime in Lambda, as little of it as there can be: events from the Runtime API, answers to it.

import { Agent, request } from "node:http";

type Handler = (event: any) => Promise<unknown>;

const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API!.split(":");
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function call(method: string, path: string, body?: string): Promise<{ id: string; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = request({ hostname, port, agent, method, path: `/2018-06-01/runtime/${path}`, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve({ id: String(answer.headers["lambda-runtime-aws-request-id"]), body: Buffer.concat(chunks).toString() }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

export async function run(handler: Handler): Promise<never> {
  for (;;) {
    const { id, body } = await call("GET", "invocation/next");
    try {
      await call("POST", `invocation/${id}/response`, JSON.stringify(await handler(JSON.parse(body))));
    } catch (error: any) {
      await call("POST", `invocation/${id}/error`, JSON.stringify({ errorType: error?.name, errorMessage: String(error?.stack) }));
    }
  }
}
