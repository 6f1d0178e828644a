// OpenAuth's own login with a password on its own DynamoDB storage, with its defaults: scrypt, ES256.

import { issuer } from "@openauthjs/openauth";
import { PasswordProvider } from "@openauthjs/openauth/provider/password";
import { DynamoStorage } from "@openauthjs/openauth/storage/dynamo";
import { createSubjects } from "@openauthjs/openauth/subject";
import { handle } from "hono/aws-lambda";

import { run } from "./runtime";

const anything = { "~standard": { version: 1, vendor: "bench", validate: (value: any) => ({ value }) } } as any;
const page = async () => new Response("the form");

const app = issuer({
  subjects: createSubjects({ user: anything }),
  storage: DynamoStorage({ table: process.env.TABLE!, endpoint: process.env.AWS_ENDPOINT_URL_DYNAMODB! }),
  providers: { password: PasswordProvider({ login: page, register: page, change: page, sendCode: async () => {} }) },
  allow: async () => true,
  success: async (context, value) => context.subject("user", { email: value.email } as any),
});
const answer = handle(app as any) as any;

await run((event) => answer(event, {}));
