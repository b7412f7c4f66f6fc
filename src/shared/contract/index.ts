/** The one contract between the studio (or the command line) and the engine. */
import type { ContractShape } from './define.ts';
import { forecastProcedures } from './forecast.ts';
import { generationEvents, generationProcedures } from './generation.ts';
import { importsProcedures } from './imports.ts';
import { jobsEvents, jobsProcedures } from './jobs.ts';
import { libraryEvents, libraryProcedures } from './library.ts';
import { modelsProcedures } from './models.ts';
import { settingsEvents, settingsProcedures } from './settings.ts';
import { splitsEvents, splitsProcedures } from './splits.ts';
import { systemProcedures } from './system.ts';
import { trainingEvents, trainingProcedures } from './training.ts';

export const contract = {
  procedures: {
    ...systemProcedures,
    ...settingsProcedures,
    ...libraryProcedures,
    ...importsProcedures,
    ...jobsProcedures,
    ...splitsProcedures,
    ...forecastProcedures,
    ...trainingProcedures,
    ...modelsProcedures,
    ...generationProcedures,
  },
  events: {
    ...settingsEvents,
    ...jobsEvents,
    ...libraryEvents,
    ...splitsEvents,
    ...trainingEvents,
    ...generationEvents,
  },
} satisfies ContractShape;

export type Contract = typeof contract;
