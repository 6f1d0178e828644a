// @node-rs/argon2: the first hash in the process and those after it, in milliseconds of wall clock and of CPU, as JSON.
//
// usage: node hash.mjs WARM HASH PASSWORD

import { verify } from "@node-rs/argon2";

const [warm, stored, password] = process.argv.slice(2);
const times: number[][] = [];
for (let count = 0; count <= Number(warm); count++) {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  if (!(await verify(stored, password))) process.exit(1);
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  times.push([wall, (user + system) / 1000]);
}
console.log(JSON.stringify(times));
