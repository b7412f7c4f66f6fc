/** Calls, cancels, events and errors: the same over linked transports, a MessagePort, and an emitter-style port as Electron's. */
import { EventEmitter } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { createClient } from '#shared/rpc/client.ts';
import { createEventHub } from '#shared/rpc/event-hub.ts';
import { linkedTransports } from '#shared/rpc/linked-transports.ts';
import { messagePortTransport, type PortLike } from '#shared/rpc/message-port-transport.ts';
import { serve, type Handlers } from '#shared/rpc/server.ts';
import type { Transport } from '#shared/rpc/transport.ts';
import { tinyContract, tinyHandlers, type TinyContract } from '../../fixtures/tiny-contract.ts';

function messageChannel(): [Transport, Transport] {
  const { port1, port2 } = new MessageChannel();
  return [messagePortTransport(port1), messagePortTransport(port2)];
}

/** Electron's MessagePortMain: an emitter whose messages are `{ data }`. */
function emitterChannel(): [Transport, Transport] {
  const { port1, port2 } = new MessageChannel();
  const asEmitter = (port: typeof port1): PortLike => {
    const emitter = new EventEmitter();
    port.on('message', (data: unknown) => emitter.emit('message', { data }));
    port.on('close', () => emitter.emit('close'));
    return Object.assign(emitter, {
      postMessage: (message: unknown) => port.postMessage(message),
      start: () => port.start(),
      close: () => port.close(),
    });
  };
  return [messagePortTransport(asEmitter(port1)), messagePortTransport(asEmitter(port2))];
}

function setUp(pair: () => [Transport, Transport], onWait?: (signal: AbortSignal) => void) {
  const [near, far] = pair();
  const events = createEventHub<TinyContract>();
  serve(tinyContract, tinyHandlers(onWait), events, far);
  return { client: createClient<TinyContract>(near), events, near, far };
}

describe.each([
  ['linked', linkedTransports],
  ['MessagePort', messageChannel],
  ['emitter port', emitterChannel],
])('rpc over %s', (_, pair) => {
  test('a call is parsed, answered, and defaults are filled in', async () => {
    const { client } = setUp(pair);
    expect(await client.call('add', { a: 1 })).toEqual({ sum: 2 });
    client.close();
  });

  test('invalid input names the field', async () => {
    const { client } = setUp(pair);
    const wrong = { a: 'one' } as unknown as { a: number };
    await expect(client.call('add', wrong)).rejects.toMatchObject({
      code: 'invalid-input',
      params: { field: 'a' },
    });
    client.close();
  });

  test('errors arrive with their code; foreign ones as internal', async () => {
    const { client } = setUp(pair);
    await expect(client.call('fail', {})).rejects.toMatchObject({
      code: 'file-empty',
      params: { path: 'a.mp4' },
    });
    await expect(client.call('breakDown', {})).rejects.toMatchObject({
      code: 'internal',
      params: { detail: 'boom' },
    });
    client.close();
  });

  test('an unknown procedure is named, also one that every object has', async () => {
    const { client } = setUp(pair);
    for (const name of ['subtract', 'constructor', '__proto__']) {
      await expect(client.call(name as 'add', { a: 1 })).rejects.toMatchObject({
        code: 'unknown-procedure',
        params: { name },
      });
    }
    client.close();
  });

  test('a cancel reaches the handler, whose answer still counts', async () => {
    const stop = new AbortController();
    const { client } = setUp(pair, () => stop.abort());
    expect(await client.call('wait', {}, { signal: stop.signal })).toEqual({ stopped: true });
    await expect(client.call('add', { a: 1 }, { signal: stop.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    client.close();
  });

  test('events reach those who listen, until they stop', async () => {
    const { client, events } = setUp(pair);
    const heard: number[] = [];
    events.emit('tick', { n: 0 });
    const stop = client.listen('tick', ({ n }) => heard.push(n));
    await client.call('add', { a: 0 });
    events.emit('tick', { n: 1 });
    events.emit('tick', { n: 2 });
    await client.call('add', { a: 0 });
    stop();
    await client.call('add', { a: 0 });
    events.emit('tick', { n: 3 });
    await client.call('add', { a: 0 });
    expect(heard).toEqual([1, 2]);
    client.close();
  });

  test('closing rejects what is pending, aborts the handler, and refuses new calls', async () => {
    let handlerStopped: Promise<unknown> | undefined;
    const begun = Promise.withResolvers<void>();
    const { client, far } = setUp(pair, (signal) => {
      handlerStopped = new Promise((resolve) => signal.addEventListener('abort', resolve));
      begun.resolve();
    });
    const call = client.call('wait', {});
    await begun.promise;
    far.close();
    await expect(call).rejects.toMatchObject({ code: 'disconnected' });
    await handlerStopped;
    await expect(client.call('add', { a: 1 })).rejects.toMatchObject({ code: 'disconnected' });
  });

  test('who sends anything but frames is disconnected', async () => {
    const { near } = setUp(pair);
    const closed = new Promise<void>((resolve) => near.onClose(resolve));
    near.onFrame(() => {});
    near.send({ t: 'call', id: -1, name: 'add', input: {} });
    await closed;
  });
});

test('frames that came before there was a receiver are kept', async () => {
  const [near, far] = messageChannel();
  near.send({ t: 'listen', id: 1, name: 'tick' });
  near.send({ t: 'unlisten', id: 1 });
  await new Promise((resolve) => setTimeout(resolve, 0));
  const received: unknown[] = [];
  const both = new Promise<void>((resolve) =>
    far.onFrame((frame) => {
      received.push((frame as { t: string }).t);
      if (received.length === 2) resolve();
    }),
  );
  await both;
  expect(received).toEqual(['listen', 'unlisten']);
  near.close();
});

// Checked by tsc, not at run time: exactly one handler a procedure, of the right shape.
const { add: _, ...withoutAdd } = tinyHandlers();
// @ts-expect-error -- a missing handler does not compile
withoutAdd satisfies Handlers<TinyContract>;
// @ts-expect-error -- nor does a handler for a procedure that does not exist
({ ...tinyHandlers(), subtract: () => ({}) }) satisfies Handlers<TinyContract>;
// @ts-expect-error -- nor one that returns something else
({ ...tinyHandlers(), add: () => ({ total: 1 }) }) satisfies Handlers<TinyContract>;
