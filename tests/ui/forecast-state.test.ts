import { expect, test, vi } from 'vitest';
import type { Forecast } from '#shared/contract/forecast.ts';
import type { Job } from '#shared/contract/jobs.ts';
import { trainingConfig } from '#shared/domain/training-config.ts';
import { AppError } from '#shared/errors/app-error.ts';
import { ForecastState } from '../../src/renderer/src/state/forecast.svelte.ts';
import { JobsState } from '../../src/renderer/src/state/jobs.svelte.ts';
import { startEngine } from './engine-in-memory.ts';
import { sampleId, sampleJob } from './samples.ts';

const config = trainingConfig.parse({});
const planned = { snapshotId: sampleId(1), config };
const wider = { ...planned, config: { ...config, gpt: { ...config.gpt, batch: 8 } } };

function forecastOf(measuredAt: number | null): Forecast {
  return {
    measuredAt,
    costs: null,
    needs: {
      seconds: measuredAt === null ? null : { decode: 1, tokenizer: 2, encode: 3, gpt: 4 },
      memoryBytes: 1e9,
      disk: { checkpoints: 1e8, windows: 0, tokens: 0 },
    },
    room: { memoryTotal: 8e9, memoryFree: 6e9, diskFree: 1e11 },
    memory: 'fits',
    disk: 'fits',
    fit: 'fits',
    proposals: [],
  };
}

/** An engine that has measured the settings with a batch of 4 once its job is done. */
async function setUp() {
  let isMeasured = false;
  let number = 6;
  const { connection, events } = await startEngine({
    'jobs.list': () => ({ jobs: [] }),
    'forecast.measure': () => sampleJob(++number, { kind: 'forecast' }),
    'forecast.get': (input) => forecastOf(isMeasured && input.config.gpt.batch === 4 ? 1000 : null),
  });
  const forecast = new ForecastState(connection, new JobsState(connection));
  const end = (changes: Partial<Job>) => {
    isMeasured = changes.status === 'done';
    events.emit('jobs.changed', sampleJob(number, { kind: 'forecast', finishedAt: 9, ...changes }));
  };
  return { forecast, end };
}

test('not measured, measuring, measured, out of date after a change, and true again after the change back', async () => {
  const { forecast, end } = await setUp();
  await forecast.look(planned);
  expect(forecast.isFresh).toBe(false);
  expect(forecast.measured).toBeUndefined();

  const measuring = forecast.measure(planned);
  await vi.waitFor(() => expect(forecast.job?.status).toBe('running'));
  end({ status: 'done' });
  await measuring;
  expect(forecast.job).toBeUndefined();
  expect(forecast.isFresh).toBe(true);

  await forecast.look(wider);
  expect(forecast.isFresh).toBe(false);
  expect(forecast.measured?.measuredAt).toBe(1000);
  await forecast.look(planned);
  expect(forecast.isFresh).toBe(true);
});

test('a measurement that fails says why; one that was stopped says nothing', async () => {
  const { forecast, end } = await setUp();
  await forecast.look(planned);
  const failing = forecast.measure(planned);
  const failed = expect(failing).rejects.toMatchObject({ code: 'worker-killed' });
  await vi.waitFor(() => expect(forecast.job).toBeDefined());
  end({ status: 'failed', error: new AppError('worker-killed', { signal: 'SIGKILL' }).toWire() });
  await failed;
  expect(forecast.error?.code).toBe('worker-killed');

  const stopping = forecast.measure(planned);
  const stopped = expect(stopping).rejects.toMatchObject({ code: 'cancelled' });
  await vi.waitFor(() => expect(forecast.job).toBeDefined());
  end({ status: 'cancelled', error: new AppError('cancelled').toWire() });
  await stopped;
  expect(forecast.error).toBeUndefined();
});
