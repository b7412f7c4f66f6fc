/** Going from room to room. */
import { rooms } from '../state/navigation.svelte.ts';
import type { Action } from './action.ts';

export const navigationActions: readonly Action[] = rooms.map((room, index) => ({
  id: `navigate.${room}`,
  label: `room.${room}` as const,
  shortcut: `Mod+${index + 1}`,
  whileTyping: true,
  run: ({ navigation }) => navigation.open(room),
}));
