import { check, Generator } from '@hourglass/core';
import type { SegmentationExample } from '@hourglass/vision';
import { paintBuilding, planBuilding, type Building } from './building.js';
import { Canvas, type Point } from './canvas.js';
import { paintCar, planCar, type Car } from './car.js';
import { label } from './classes.js';
import { paintGround, paintSky } from './ground.js';
import { paintPerson, planPerson } from './person.js';
import { paintSign, planSign } from './sign.js';
import { bendAt, planStreet, type Street } from './street.js';
import { paintTree, planTree, type Tree } from './tree.js';

export interface SceneSize {
  /** Default 96. */
  readonly width?: number;
  /** Default 64. */
  readonly height?: number;
}

/** Something that stands in the street, and how far away. */
interface Thing {
  readonly z: number;
  paint(): void;
}

const groundLabels = [label.road, label.pavement, label.vegetation];

/**
 * One street: weather, camera, plan and everything in it come from the generator. Painted from far to near, so that what is near
 * hides what is behind it; every sample's class is known exactly.
 */
export function generateScene(
  generator: Generator,
  { width = 96, height = 64 }: SceneSize = {},
  name = 'scene',
): SegmentationExample {
  check(
    Number.isInteger(width) && Number.isInteger(height) && width >= 16 && height >= 16,
    `a scene is at least 16 × 16 pixels, got ${width} × ${height}`,
  );
  const street = planStreet(generator, width, height);
  const canvas = new Canvas(width, height, street.air);
  const { buildings, trees } = planRows(generator, street);
  const things = planThings(generator, street, canvas);
  paintSky(canvas, street, generator);
  paintGround(canvas, street, generator);
  for (const building of buildings) castBuilding(canvas, street, building);
  const behind: Thing[] = [
    ...buildings.map((building) => ({ z: building.near, paint: () => paintBuilding(canvas, street, building) })),
    ...trees.map((tree) => ({ z: tree.z, paint: () => paintTree(canvas, street, tree) })),
  ];
  // everything else stands before the façades
  for (const list of [behind, things]) for (const thing of list.sort((a, b) => b.z - a.z)) thing.paint();
  return canvas.develop(name, generator);
}

/** Scene `index` of the endless series that a seed stands for. */
export function sceneAt(seed: number, index: number, size?: SceneSize): SegmentationExample {
  return generateScene(new Generator(seed * 1_000_003 + index), size, `scene-${String(index).padStart(4, '0')}`);
}

/** Buildings at both sides, and trees in the gaps between them. */
function planRows(generator: Generator, street: Street): { buildings: Building[]; trees: Tree[] } {
  const buildings: Building[] = [];
  const trees: Tree[] = [];
  const gaps = generator.uniform(0.05, 0.45);
  for (const side of [-1, 1] as const) {
    const kerb = side < 0 ? street.kerbs[0] : street.kerbs[1];
    const line =
      kerb + side * (street.pavementWidth + (street.green ? generator.uniform(2, 5) : generator.uniform(0, 1.5)));
    let z = generator.uniform(-8, 4);
    while (z < 110) {
      const length = generator.uniform(6, 18);
      const middle = z + length / 2;
      const x = line + side * generator.uniform(0, 1) + bendAt(street, Math.max(0, middle));
      if (generator.uniform() >= gaps) {
        // a façade must not cross the camera's axis where the street bends
        if (x * side > 1.5 && z + length > 2) buildings.push(planBuilding(generator, side, x, z, length));
      } else {
        for (let k = generator.integer(1, 4); k > 0; k--) {
          const at = z + generator.uniform(0, length);
          if (at > 5 && at < 30) trees.push(planTree(generator, x + side * generator.uniform(1, 6), at));
        }
      }
      z += length + (generator.uniform() < 0.3 ? generator.uniform(1, 5) : 0);
    }
  }
  return { buildings, trees };
}

/** Trees, signs, cars and people before the façades; their shadows are cast when they are painted. */
function planThings(generator: Generator, street: Street, canvas: Canvas): Thing[] {
  const { kerbs, pavementWidth } = street;
  const things: Thing[] = [];
  const roadWidth = kerbs[1] - kerbs[0];
  const spot = (from: number, to: number): number => from * (to / from) ** generator.uniform();
  const strip = (side: number, from: number, to: number, z: number): number =>
    (side < 0 ? kerbs[0] - generator.uniform(from, to) : kerbs[1] + generator.uniform(from, to)) + bendAt(street, z);
  // who stands beside the picture is seen by nobody
  const inView = (x: number, z: number): number => {
    const reach = (0.42 * canvas.width * z) / street.camera.focal;
    const middle = ((canvas.width / 2 - street.camera.centre) * z) / street.camera.focal;
    return Math.min(Math.max(x, middle - reach), middle + reach);
  };
  const side = (): number => (generator.uniform() < 0.5 ? -1 : 1);

  const cars: Car[] = [];
  for (let k = generator.integer(2, 7); k > 0; k--) {
    const z = spot(5, 15);
    const parked = generator.uniform() < 0.55;
    const right = generator.uniform() < 0.5;
    const place = parked ? (right ? roadWidth - 1.1 : 1.1) : roadWidth * (right ? 0.7 : 0.3);
    const car = planCar(
      generator,
      kerbs[0] + place + bendAt(street, z),
      z,
      parked ? generator.uniform() < 0.5 : !right,
    );
    if (cars.some((other) => Math.abs(other.z - z) < 5.5 && Math.abs(other.x - car.x) < 2)) continue;
    cars.push(car);
    things.push({ z: z - car.length / 2, paint: () => (castCar(canvas, street, car), paintCar(canvas, street, car)) });
  }
  /** Adds something upright with its shadow, unless it would stand inside a car. */
  const stand = (x: number, z: number, height: number, half: number, paint: () => void): void => {
    const inside = (car: Car): boolean =>
      Math.abs(car.x - x) < car.width / 2 + 0.35 && Math.abs(car.z - z) < car.length / 2 + 0.35;
    if (cars.some(inside)) return;
    things.push({ z, paint: () => (castUpright(canvas, street, x, z, height, half), paint()) });
  };
  if (generator.uniform() < 0.6) {
    for (let k = generator.integer(1, 6); k > 0; k--) {
      const z = spot(6, 16);
      const tree = planTree(generator, strip(side(), 0.5, pavementWidth, z), z);
      stand(tree.x, z, tree.height, tree.crown, () => paintTree(canvas, street, tree));
    }
  }
  for (let k = generator.integer(1, 4); k > 0; k--) {
    const z = spot(4, 6.4);
    const sign = planSign(generator, inView(strip(side(), 0.1, 0.8, z), z), z);
    stand(sign.x, z, sign.height, 0.1, () => paintSign(canvas, street, sign));
  }
  for (let k = generator.integer(1, 5); k > 0; k--) {
    const z = spot(2.8, 4.7);
    const crosses = generator.uniform() < 0.3;
    const x = crosses ? generator.uniform(...kerbs) + bendAt(street, z) : strip(side(), 0.4, pavementWidth, z);
    const person = planPerson(generator, inView(x, z), z);
    stand(person.x, z, person.height, 0.2, () => paintPerson(canvas, street, person));
  }
  return things;
}

/** How much the sun adds decides how dark its shadows are. */
function shade({ light }: Street): number {
  return light.ambient / (light.ambient + light.direct * light.sun[1]);
}

/** Where the sun moves the shadow of something `up` metres above the ground. */
function cast({ light }: Street, up: number): readonly [number, number] {
  const reach = Math.min(up / light.sun[1], 9);
  return [-light.sun[0] * reach, -light.sun[2] * reach];
}

function castQuad(
  canvas: Canvas,
  street: Street,
  corners: readonly (readonly [number, number])[],
  factor: number,
): void {
  const points = corners.map(([x, z]): Point => street.camera.project(x, 0, Math.max(1.2, z)));
  canvas.shadow(points, factor, groundLabels);
}

function castUpright(canvas: Canvas, street: Street, x: number, z: number, height: number, half: number): void {
  const [dx, dz] = cast(street, height);
  const length = Math.hypot(dx, dz) || 1;
  const [nx, nz] = [(-dz / length) * half, (dx / length) * half];
  castQuad(
    canvas,
    street,
    [
      [x + nx * 0.3, z + nz * 0.3],
      [x - nx * 0.3, z - nz * 0.3],
      [x + dx - nx, z + dz - nz],
      [x + dx + nx, z + dz + nz],
    ],
    shade(street),
  );
}

function castCar(canvas: Canvas, street: Street, { x, z, width, length, height }: Car): void {
  const [dx, dz] = cast(street, height * 0.8);
  const [w, l] = [width / 2, length / 2];
  for (const [ox, oz, factor] of [
    [dx, dz, shade(street)],
    [0, 0, 0.45],
  ] as const) {
    castQuad(
      canvas,
      street,
      [
        [x - w + ox, z - l + oz],
        [x + w + ox, z - l + oz],
        [x + w + ox, z + l + oz],
        [x - w + ox, z + l + oz],
      ],
      factor,
    );
  }
}

function castBuilding(canvas: Canvas, street: Street, { x, side, near, far, height }: Building): void {
  const [dx, dz] = cast(street, height);
  if (dx * side >= 0) return;
  castQuad(
    canvas,
    street,
    [
      [x, near],
      [x, far],
      [x + dx, far + dz],
      [x + dx, near + dz],
    ],
    shade(street),
  );
}
