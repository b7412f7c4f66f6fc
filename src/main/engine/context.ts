/** What the parts of one engine share. */
import type { Contract } from '#shared/contract/index.ts';
import type { EventHub } from '#shared/rpc/event-hub.ts';
import type { Db } from './db/open-database.ts';
import type { ShippedModel } from './services/base-model.ts';
import type { Workspace } from './workspace.ts';

export interface EngineContext {
  workspace: Workspace;
  db: Db;
  events: EventHub<Contract>;
  baseModel: ShippedModel;
}
