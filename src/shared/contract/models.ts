/** Models as packages: a folder that can be shipped and shared, made of a run's best checkpoint. */
import { z } from 'zod';

/** How weights are stored: exactly, in half precision, or as bytes with a scale for each row or column of a matrix. */
export const modelPrecision = z.enum(['float32', 'float16', 'int8']);
export type ModelPrecision = z.output<typeof modelPrecision>;
