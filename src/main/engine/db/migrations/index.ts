/** All migrations in order. One that has been released is never edited; a change is a new one at the end. */
import { initial } from './0001-initial.ts';
import { forecasts } from './0002-forecasts.ts';
import { jobNotices } from './0003-job-notices.ts';
import { takesOfAJob } from './0004-takes-of-a-job.ts';
import { models } from './0005-models.ts';
import { takeTasks } from './0006-take-tasks.ts';

/** Migration n (counted from 1) takes the schema from version n-1 to n. */
export const migrations: readonly string[] = [initial, forecasts, jobNotices, takesOfAJob, models, takeTasks];
