import { DOORS, LAYERS } from './house.js';

/** The linter's config: its restrictions of imports come from the tables of house.js. */

const ROOMS = LAYERS.flat();
const LAW = 'Imports point downward, in the order of LAYERS in house.js. Move what both need further down.';

/** Globs of the rooms that a file of `room` must not import. */
function forbidden(room) {
  const level = LAYERS.findIndex((rooms) => rooms.includes(room));
  return LAYERS.slice(0, level + 1)
    .flat()
    .filter((other) => other !== room)
    .map((other) => (other.endsWith('/') ? `**/${other}**` : `**/${other}`));
}

/** Packages that a file or room must not import, with what to import instead. */
function closedDoors(place, room) {
  return Object.entries(DOORS)
    .map(([name, doors]) => ({ name, doors: [doors].flat() }))
    .filter(({ doors }) => !doors.includes(place) && !doors.includes(room))
    .map(({ name, doors }) => ({ name, message: `${name} has one door: import what src/${doors.join(' and src/')} exports.` }));
}

function restrict(place, room) {
  const group = forbidden(room);
  const patterns = group.length > 0 ? [{ group, message: `src/${room} must not reach up or sideways. ${LAW}` }] : [];
  const files = [`src/${place}${place.endsWith('/') ? '**/*.ts' : ''}`];
  return { files, rules: { 'no-restricted-imports': ['error', { paths: closedDoors(place, room), patterns }] } };
}

/** Files behind which a package stands; they come after their rooms, so that theirs is the last word. */
const DOOR_FILES = [...new Set(Object.values(DOORS).flat())].filter((place) => !ROOMS.includes(place));
const roomOf = (file) => ROOMS.find((room) => file.startsWith(room));

export default {
  plugins: ['typescript', 'unicorn', 'oxc', 'import'],
  categories: { correctness: 'error', suspicious: 'error' },
  rules: {
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'import/no-default-export': 'error',
    'typescript/consistent-type-imports': 'error',
    eqeqeq: 'error',
    'no-console': 'error',
    'typescript/no-non-null-assertion': 'off',
    'import/no-unassigned-import': 'off',
    'typescript/no-unsafe-type-assertion': 'off',
    'no-shadow': 'off',
    'no-await-in-loop': 'off',
    'import/no-named-as-default-member': 'off',
    'unicorn/require-post-message-target-origin': 'off',
  },
  overrides: [
    ...ROOMS.map((room) => restrict(room, room)),
    ...DOOR_FILES.map((file) => restrict(file, roomOf(file))),
    { files: ['*.config.{ts,js}'], rules: { 'import/no-default-export': 'off' } },
    { files: ['bench/**', 'scripts/**', 'test/**', 'examples/**'], rules: { 'no-console': 'off', 'unicorn/consistent-function-scoping': 'off' } },
  ],
  ignorePatterns: ['dist', 'build', 'fixtures', 'models', 'vendor'],
};
