/** Reads ffprobe's list of packets and judges the rhythm of the frames: rate, count, constant or variable. Pure. */

export interface Packet {
  stream: number;
  /** Presentation time and end in seconds; NaN when the container gives none. */
  time: number;
  end: number;
  /** Decoded but never shown, e.g. before the start of an edit list. */
  discarded: boolean;
}

export interface Cadence {
  frameRate: number;
  frameCount: number;
  /** End of the last frame, seconds. */
  end: number;
  variable: boolean;
}

/** Lines such as `stream_index=0|pts_time=0.040000|duration_time=0.040000|flags=K__`. */
export function parsePackets(text: string): Packet[] {
  const packets: Packet[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('stream_index=')) continue;
    const fields: Record<string, string> = {};
    for (const field of line.trim().split('|')) {
      const at = field.indexOf('=');
      fields[field.slice(0, at)] = field.slice(at + 1);
    }
    const time = Number(fields['pts_time'] ?? NaN);
    packets.push({
      stream: Number(fields['stream_index']),
      time,
      end: time + (Number(fields['duration_time']) || 0),
      discarded: fields['flags']?.includes('D') ?? false,
    });
  }
  return packets;
}

/** A gap counts as odd when it differs by more than a fifth of the usual one and by more than two ticks of rounding. */
const ODD_GAP = 0.2;
/** A single dropped frame does not make a rate variable. */
const ODD_SHARE = 0.02;

/**
 * `tick` is the time base in seconds; `nominalRate` serves files of one frame or without times (AVI with B-frames).
 */
export function judgeCadence(packets: readonly Packet[], tick: number, nominalRate: number): Cadence {
  const rate = nominalRate > 0 ? nominalRate : 25;
  const timed = packets.filter((packet) => Number.isFinite(packet.time));
  const times = [...new Set(timed.map((packet) => packet.time))].sort((a, b) => a - b);
  const latestEnd = timed.reduce((latest, packet) => Math.max(latest, packet.end), 0);
  if (times.length < 2) {
    const end = times.length === 1 && packets.length === 1 ? latestEnd : packets.length / rate;
    return { frameRate: rate, frameCount: packets.length, end: end || 1 / rate, variable: false };
  }
  const gaps = times.slice(1).map((time, i) => time - times[i]!);
  const usual = gaps.toSorted((a, b) => a - b)[gaps.length >> 1]!;
  const odd = gaps.filter((gap) => Math.abs(gap - usual) > Math.max(ODD_GAP * usual, 2 * tick));
  const last = times.at(-1)!;
  return {
    frameRate: gaps.length / (last - times[0]!),
    // Frames of one moment are one picture: VP8 and VP9 have packets that are never shown by themselves.
    frameCount: times.length,
    end: latestEnd > last ? latestEnd : last + usual,
    variable: odd.length > ODD_SHARE * gaps.length,
  };
}
