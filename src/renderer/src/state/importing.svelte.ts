/** Bringing files in: upload from a browser or paths from the shell, then an import job, then its report. */
import type { Job } from '#shared/contract/jobs.ts';
import type { Output } from '#shared/contract/define.ts';
import type { Contract } from '#shared/contract/index.ts';
import type { Engine } from '../api/engine.ts';
import { ulid } from '../api/ulid.ts';
import { uploadFiles, type UploadFile } from '../api/upload.ts';
import type { JobsState } from './jobs.svelte.ts';

export type ImportReport = Output<Contract, 'imports.report'>;

export interface Upload {
  readonly files: number;
  readonly totalBytes: number;
  readonly sentBytes: number;
}

export class ImportingState {
  readonly #engine: Engine;
  readonly #jobs: JobsState;
  readonly #upload: typeof uploadFiles;
  upload = $state.raw<Upload>();
  report = $state.raw<ImportReport>();
  readonly job: Job | undefined = $derived.by(() => this.#jobs.activeOf('import')[0]);
  #abort: AbortController | undefined;

  constructor(engine: Engine, jobs: JobsState, upload = uploadFiles) {
    this.#engine = engine;
    this.#jobs = jobs;
    this.#upload = upload;
    jobs.onFinished((job) => {
      if (job.kind === 'import') void this.#loadReport(job);
    });
  }

  get busy(): boolean {
    return this.upload !== undefined || this.job !== undefined;
  }

  async importPaths(paths: readonly string[]): Promise<void> {
    if (paths.length === 0) return;
    this.report = undefined;
    this.#jobs.accept(await this.#engine.call('imports.start', { paths: [...paths] }));
  }

  async importFiles(files: readonly UploadFile[]): Promise<void> {
    if (files.length === 0) return;
    this.report = undefined;
    this.#abort = new AbortController();
    const totalBytes = files.reduce((sum, { file }) => sum + file.size, 0);
    const batch = ulid();
    const show = (sentBytes: number) => (this.upload = { files: files.length, totalBytes, sentBytes });
    show(0);
    try {
      await this.#upload(batch, files, show, this.#abort.signal);
      this.#jobs.accept(await this.#engine.call('imports.startUploaded', { batch }));
    } finally {
      this.upload = undefined;
      this.#abort = undefined;
    }
  }

  async cancel(): Promise<void> {
    this.#abort?.abort();
    if (this.job) await this.#jobs.cancel(this.job.id);
  }

  dismissReport(): void {
    this.report = undefined;
  }

  async #loadReport(job: Job): Promise<void> {
    this.report = await this.#engine.call('imports.report', { jobId: job.id });
  }
}
