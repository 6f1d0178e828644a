// The hashes of a password as the two logins store it.
//
// usage: node seed.mjs PASSWORD

import { hash } from "@node-rs/argon2";
import { ScryptHasher } from "@openauthjs/openauth/provider/password";

const password = process.argv[2];
const argon2 = await hash(password, { memoryCost: 19456, timeCost: 2, parallelism: 1 });
console.log(JSON.stringify({ argon2, scrypt: await ScryptHasher().hash(password) }));
