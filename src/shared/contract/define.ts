/** The two building blocks of the contract: procedures (call → result) and events (listen → payloads). */
import type { z } from 'zod';

export interface Procedure<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  readonly kind: 'procedure';
  readonly input: I;
  readonly output: O;
}

export interface EventSpec<P extends z.ZodType = z.ZodType> {
  readonly kind: 'event';
  readonly payload: P;
}

export function procedure<I extends z.ZodType, O extends z.ZodType>(input: I, output: O): Procedure<I, O> {
  return { kind: 'procedure', input, output };
}

export function event<P extends z.ZodType>(payload: P): EventSpec<P> {
  return { kind: 'event', payload };
}

/** A contract is a flat record: procedure and event names are `domain.verb`, unique across domains. */
export interface ContractShape {
  readonly procedures: Readonly<Record<string, Procedure>>;
  readonly events: Readonly<Record<string, EventSpec>>;
}

export type ProcedureName<C extends ContractShape> = keyof C['procedures'] & string;
export type EventName<C extends ContractShape> = keyof C['events'] & string;
/** What a caller passes: defaults may be left out. */
export type CallInput<C extends ContractShape, N extends ProcedureName<C>> = z.input<
  C['procedures'][N]['input']
>;
/** What a handler receives: parsed, defaults filled in. */
export type HandlerInput<C extends ContractShape, N extends ProcedureName<C>> = z.output<
  C['procedures'][N]['input']
>;
export type Output<C extends ContractShape, N extends ProcedureName<C>> = z.output<
  C['procedures'][N]['output']
>;
export type Payload<C extends ContractShape, N extends EventName<C>> = z.output<C['events'][N]['payload']>;
