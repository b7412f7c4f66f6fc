/** Which room is open, kept in the address so that a reload comes back to it: `#/training/<run id>`. */

export const rooms = ['library', 'dataset', 'training', 'generate', 'settings'] as const;
export type Room = (typeof rooms)[number];

export class Navigation {
  room = $state<Room>('library');
  /** What of the room is open, such as a run. */
  detail = $state('');

  constructor() {
    this.#read();
    window.addEventListener('hashchange', () => this.#read());
  }

  open(room: Room, detail = ''): void {
    location.hash = this.address(room, detail);
    this.room = room;
    this.detail = detail;
  }

  address(room: Room, detail = ''): string {
    return detail ? `#/${room}/${detail}` : `#/${room}`;
  }

  #read(): void {
    const [name, detail = ''] = location.hash.replace(/^#\//, '').split('/');
    this.room = rooms.find((room) => room === name) ?? 'library';
    this.detail = detail;
  }
}
