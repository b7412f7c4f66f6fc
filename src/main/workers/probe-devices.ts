/** Entry of a short process that prints the devices as one line of JSON; the engine reads the last line. */
import { probeDevices } from './runtime/devices.ts';

process.stdout.write(`${JSON.stringify(await probeDevices())}\n`);
