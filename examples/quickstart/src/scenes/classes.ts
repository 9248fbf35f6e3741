import type { SegmentationClasses } from '@hourglass/vision';

/** What a street scene is made of. The ids are the positions. */
export const sceneClasses: SegmentationClasses = {
  classes: ['sky', 'building', 'road', 'pavement', 'vegetation', 'car', 'person', 'sign'],
  palette: [
    [120, 180, 232],
    [176, 108, 84],
    [92, 80, 112],
    [222, 170, 190],
    [96, 150, 66],
    [38, 70, 190],
    [226, 48, 72],
    [246, 200, 44],
  ],
  ignoreIndex: 255,
};

export const label = { sky: 0, building: 1, road: 2, pavement: 3, vegetation: 4, car: 5, person: 6, sign: 7 } as const;
