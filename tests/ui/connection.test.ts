import { expect, test, vi } from 'vitest';
import { Connection } from '../../src/renderer/src/api/connection.svelte.ts';
import { sampleJob } from './samples.ts';
import { startEngine } from './engine-in-memory.ts';

test('carries reactive state to the engine as plain values', async () => {
  const { connection, calls } = await startEngine({ 'library.remove': () => ({ removed: 1 }) });
  const proxied = new Proxy({ clipIds: ['01KAR000000000000000000001'] }, {});
  await connection.call('library.remove', proxied);
  expect(calls).toEqual([{ name: 'library.remove', input: { clipIds: ['01KAR000000000000000000001'] } }]);
});

test('dials again when the line is cut, listens anew, and says so', async () => {
  const { connection, events, cut } = await startEngine({});
  const heard: string[] = [];
  let connections = 0;
  connection.listen('jobs.changed', (job) => heard.push(job.id));
  connection.onConnected(() => connections++);
  expect(connections).toBe(1);

  cut();
  await vi.waitFor(() => expect(connection.status).toBe('lost'));
  await expect(connection.call('jobs.list', {})).rejects.toMatchObject({ code: 'disconnected' });

  await vi.waitFor(() => expect(connection.status).toBe('connected'), 5000);
  expect(connections).toBe(2);
  const job = sampleJob(1);
  await vi.waitFor(() => {
    events.emit('jobs.changed', job);
    expect(heard).toContain(job.id);
  });
});

test('keeps dialling an engine that is not there yet', async () => {
  let dials = 0;
  const connection = new Connection(() => {
    dials++;
    return Promise.reject(new Error('nobody'));
  });
  await connection.open();
  await vi.waitFor(() => expect(dials).toBeGreaterThan(1), 5000);
  connection.close();
  expect(connection.status).toBe('lost');
});
