/** Shapes and the ways in which they move, each with its words: what teaches the model that a prompt can ask for motion. */

/** Where a thing is at a moment: centre in 0 … 1 of the picture, size relative to its own, angle clockwise in turns. */
export interface Pose {
  x: number;
  y: number;
  size: number;
  turn: number;
}

export interface Motion {
  en: string;
  zh: string;
  /** `t` from 0 to 1 over the clip. */
  pose(t: number): Partial<Pose>;
  /** Turning shows only on things that look different when turned. */
  turns?: true;
}

const wave = (t: number) => Math.sin(2 * Math.PI * t);
/** 0 → 1, slow at both ends. */
const ease = (t: number) => t * t * (3 - 2 * t);
/** A ball's height above the ground, twice in a clip: 0 … 1. */
const hop = (t: number) => {
  const phase = (2 * t) % 1;
  return 4 * phase * (1 - phase);
};

export const motions: readonly Motion[] = [
  { en: 'moving from left to right', zh: '从左向右移动', pose: (t) => ({ x: 0.2 + 0.6 * t }) },
  { en: 'moving from right to left', zh: '从右向左移动', pose: (t) => ({ x: 0.8 - 0.6 * t }) },
  { en: 'moving up', zh: '向上移动', pose: (t) => ({ y: 0.8 - 0.6 * t }) },
  { en: 'moving down', zh: '向下移动', pose: (t) => ({ y: 0.2 + 0.6 * t }) },
  { en: 'bouncing', zh: '弹跳', pose: (t) => ({ y: 0.75 - 0.45 * hop(t) }) },
  { en: 'swinging from side to side', zh: '左右摇摆', pose: (t) => ({ x: 0.5 + 0.28 * wave(t) }) },
  {
    en: 'moving in a circle',
    zh: '绕圈移动',
    pose: (t) => ({ x: 0.5 + 0.25 * wave(t), y: 0.5 - 0.25 * Math.cos(2 * Math.PI * t) }),
  },
  { en: 'turning clockwise', zh: '顺时针旋转', pose: (t) => ({ turn: t }), turns: true },
  { en: 'turning counterclockwise', zh: '逆时针旋转', pose: (t) => ({ turn: -t }), turns: true },
  { en: 'growing', zh: '变大', pose: (t) => ({ size: 0.4 + 0.9 * ease(t) }) },
  { en: 'shrinking', zh: '变小', pose: (t) => ({ size: 1.3 - 0.9 * ease(t) }) },
  { en: 'pulsing', zh: '一大一小地跳动', pose: (t) => ({ size: 0.9 + 0.35 * wave(2 * t) }) },
];

export interface Shape {
  en: string;
  zh: string;
  /** Whether a point is inside; the shape fills about -1 … 1. */
  contains(x: number, y: number): boolean;
  /** Looks the same however it is turned. */
  round?: true;
}

/** Inside of a regular star or polygon: `inner` is the radius between the tips. */
function star(tips: number, inner: number) {
  const slice = Math.PI / tips;
  return (x: number, y: number) => {
    const angle = Math.abs(((Math.atan2(x, -y) + 2 * Math.PI) % (2 * slice)) - slice);
    // The edge from a tip (radius 1, at `slice`) to a notch (radius `inner`, at 0).
    const [px, py] = [Math.cos(slice), Math.sin(slice)];
    const r = Math.hypot(x, y);
    const [qx, qy] = [r * Math.cos(angle), r * Math.sin(angle)];
    return (px - inner) * qy - py * (qx - inner) >= 0;
  };
}

export const shapes: readonly Shape[] = [
  { en: 'circle', zh: '圆形', contains: (x, y) => x * x + y * y <= 0.8, round: true },
  { en: 'ring', zh: '圆环', contains: (x, y) => x * x + y * y <= 0.85 && x * x + y * y >= 0.3, round: true },
  { en: 'square', zh: '正方形', contains: (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.78 },
  { en: 'diamond', zh: '菱形', contains: (x, y) => Math.abs(x) * 1.3 + Math.abs(y) <= 1 },
  { en: 'triangle', zh: '三角形', contains: (x, y) => y <= 0.7 && Math.abs(x) <= (y + 0.9) * 0.58 },
  { en: 'star', zh: '星形', contains: star(5, 0.42) },
  {
    en: 'cross',
    zh: '十字',
    contains: (x, y) =>
      Math.min(Math.abs(x), Math.abs(y)) <= 0.28 && Math.max(Math.abs(x), Math.abs(y)) <= 0.88,
  },
  {
    en: 'heart',
    zh: '心形',
    contains: (x, y) => {
      const [u, v] = [1.25 * x, 0.2 - 1.25 * y];
      return (u * u + v * v - 1) ** 3 - u * u * v ** 3 <= 0;
    },
  },
  { en: 'moon', zh: '月牙', contains: (x, y) => x * x + y * y <= 0.8 && (x - 0.4) ** 2 + y * y >= 0.5 },
];
