// The login that a team would write in TypeScript: the same rows, the same hash, the same requests, a JWT of the same kind.
// Its key comes from the environment, so that it makes no request for it.

import { randomUUID } from "node:crypto";

import { DynamoDBClient, GetItemCommand, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { verify } from "@node-rs/argon2";
import { importJWK, SignJWT } from "jose";

import { run } from "./runtime";

const TABLE = process.env.TABLE!;
const ISSUER = process.env.ISSUER!;
const WINDOW_SECONDS = 900;
const LIFE_SECONDS = 3600;

const database = new DynamoDBClient({});
const jwk = JSON.parse(process.env.SIGNING_KEY!);
const key = await importJWK(jwk, "ES256");

await run(async (event) => {
  const { username, password } = JSON.parse(event.body);
  const now = Math.floor(Date.now() / 1000);
  const window = Math.floor(now / WINDOW_SECONDS);
  const reserve = (whose: string) =>
    database.send(
      new UpdateItemCommand({
        TableName: TABLE,
        Key: { pk: { S: `attempts#${whose}#${window}` } },
        UpdateExpression: "ADD attempts :one SET expires_at = :end",
        ConditionExpression: "attribute_not_exists(attempts) OR attempts < :most",
        ExpressionAttributeValues: { ":one": { N: "1" }, ":most": { N: "100000" }, ":end": { N: String((window + 1) * WINDOW_SECONDS) } },
      }),
    );

  await Promise.all([reserve(username), reserve(event.requestContext.http.sourceIp)]);
  const { Item: user } = await database.send(
    new GetItemCommand({ TableName: TABLE, Key: { pk: { S: `name#${username}` } }, ConsistentRead: true }),
  );
  if (!user || !(await verify(user.password_hash.S!, password))) {
    return { statusCode: 401, headers: { "content-type": "application/json" }, body: JSON.stringify({ message: "Incorrect credentials" }) };
  }

  const session = randomUUID();
  await database.send(
    new PutItemCommand({
      TableName: TABLE,
      Item: { pk: { S: `session#${session}` }, user_id: user.user_id, expires_at: { N: String(now + LIFE_SECONDS) } },
    }),
  );
  const token = await new SignJWT({ token_use: "login" })
    .setProtectedHeader({ alg: "ES256", kid: jwk.kid, typ: "at+jwt" })
    .setIssuer(ISSUER)
    .setAudience(ISSUER)
    .setSubject(user.user_id.S!)
    .setJti(session)
    .setIssuedAt(now)
    .setExpirationTime(now + LIFE_SECONDS)
    .sign(key);
  console.log(JSON.stringify({ level: "INFO", operation: "user-login", status: 200 }));
  return {
    statusCode: 200,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: JSON.stringify({ Id: user.user_id.S, Username: username, Token: token }),
  };
});
