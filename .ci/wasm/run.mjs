// Prints the digest of each run of the module that is named on the command line.
import { readFileSync } from "node:fs";

const { instance } = await WebAssembly.instantiate(readFileSync(process.argv[2]));
const { runs, digest } = instance.exports;
for (let number = 0; number < runs(); number++) {
  const hex = BigInt.asUintN(64, digest(number)).toString(16).padStart(16, "0");
  console.log(`${number}: ${hex}`);
}
