/** The talk of a measured process with the driver, as in exchange.py: a line of JSON for each line of JSON. */
import { createInterface } from 'node:readline';

type Handler = (command: Record<string, unknown>) => Promise<unknown>;

const say = (message: unknown) => process.stdout.write(`${JSON.stringify(message)}\n`);

/** Says `ready`, then answers until stdin ends. `do` names the handler. */
export async function answer(handlers: Record<string, Handler>, ready: object): Promise<void> {
  say({ ready: true, ...ready });
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line) as { do: string };
    say(await handlers[command.do]!(command));
  }
}
