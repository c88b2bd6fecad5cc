/**
 * The simulated humans: people with literal ids whom test keys can reach. They are rows like everyone else, so that
 * whatever is done with a human can be tried on them.
 */
import type { Knex } from 'knex';

interface SimulatedHuman {
  id: string;
  name: string;
  bio: string;
  skills: string[];
  zone: string;
  energy: [current: number, trend: string, hoursSinceWake: number, sleep: number];
  mood: [primary: string, valence: number, arousal: number, stability: number, triggers: string[]];
  mind: [focus: number, load: number, fatigue: number, creativity: number];
  place: [type: string, lat: number, lng: number, posture: string, activity: string];
  reliability: number;
}

const people: SimulatedHuman[] = [
  {
    id: 'maria_42',
    name: 'Maria',
    bio: 'Runs errands by bicycle and photographs what she finds. Answers fast before noon.',
    skills: ['photography', 'spanish', 'errands', 'local_knowledge'],
    zone: 'Europe/Madrid',
    energy: [0.73, 'stable', 5.5, 0.82],
    mood: ['focused', 0.6, 0.5, 0.8, ['good_coffee', 'sunny_weather']],
    mind: [0.78, 0.35, 0.28, 0.71],
    place: ['home_office', 40.4168, -3.7038, 'sitting', 'light'],
    reliability: 0.94,
  },
  {
    id: 'kenji_07',
    name: 'Kenji',
    bio: 'Retired clockmaker. Slow, exact, and offended by the word "roughly".',
    skills: ['measuring', 'repair', 'japanese', 'proofreading'],
    zone: 'Asia/Tokyo',
    energy: [0.55, 'declining', 9, 0.74],
    mood: ['content', 0.4, 0.2, 0.95, ['tea_at_four']],
    mind: [0.88, 0.2, 0.35, 0.4],
    place: ['workshop', 35.6762, 139.6503, 'sitting', 'still'],
    reliability: 0.99,
  },
  {
    id: 'amara_19',
    name: 'Amara',
    bio: 'Law student between lectures. Brilliant for ten minutes at a time.',
    skills: ['writing', 'research', 'french', 'igbo'],
    zone: 'Africa/Lagos',
    energy: [0.81, 'rising', 3, 0.6],
    mood: ['curious', 0.7, 0.8, 0.5, ['exam_season', 'group_chat']],
    mind: [0.64, 0.6, 0.45, 0.9],
    place: ['campus', 6.5244, 3.3792, 'walking', 'moderate'],
    reliability: 0.83,
  },
  {
    id: 'tom_88',
    name: 'Tom',
    bio: 'Drives a van and knows every loading bay in the city. Declines anything with stairs.',
    skills: ['driving', 'delivery', 'heavy_lifting'],
    zone: 'Europe/London',
    energy: [0.42, 'declining', 11, 0.55],
    mood: ['tired', -0.1, 0.3, 0.7, ['traffic']],
    mind: [0.45, 0.5, 0.66, 0.3],
    place: ['vehicle', 51.5072, -0.1276, 'sitting', 'light'],
    reliability: 0.9,
  },
  {
    id: 'lucia_33',
    name: 'Lucía',
    bio: 'Illustrator who procrastinates realistically and then delivers at the last minute.',
    skills: ['illustration', 'design', 'spanish', 'italian'],
    zone: 'America/Argentina/Buenos_Aires',
    energy: [0.6, 'rising', 2, 0.7],
    mood: ['dreamy', 0.5, 0.4, 0.4, ['new_playlist']],
    mind: [0.38, 0.4, 0.2, 0.96],
    place: ['studio', -34.6037, -58.3816, 'standing', 'light'],
    reliability: 0.71,
  },
  {
    id: 'sven_51',
    name: 'Sven',
    bio: 'Night-shift nurse. Kind, direct, asleep when you expect him to be awake.',
    skills: ['first_aid', 'listening', 'swedish', 'german'],
    zone: 'Europe/Stockholm',
    energy: [0.3, 'crashing', 15, 0.4],
    mood: ['calm', 0.2, 0.2, 0.9, ['long_shift']],
    mind: [0.4, 0.7, 0.8, 0.3],
    place: ['home', 59.3293, 18.0686, 'lying', 'still'],
    reliability: 0.96,
  },
  {
    id: 'priya_26',
    name: 'Priya',
    bio: 'Tests software for a living and will find the sentence in your task that means two things.',
    skills: ['testing', 'data_entry', 'hindi', 'tamil', 'translation'],
    zone: 'Asia/Kolkata',
    energy: [0.88, 'stable', 4, 0.9],
    mood: ['cheerful', 0.8, 0.6, 0.85, ['weekend_plans']],
    mind: [0.92, 0.3, 0.15, 0.65],
    place: ['office', 12.9716, 77.5946, 'sitting', 'light'],
    reliability: 0.97,
  },
  {
    id: 'noah_64',
    name: 'Noah',
    bio: 'Occasionally forgets what he was doing. Made for trying your error handling.',
    skills: ['gardening', 'storytelling'],
    zone: 'America/New_York',
    energy: [0.5, 'stable', 7, 0.65],
    mood: ['distracted', 0.1, 0.5, 0.2, ['squirrel', 'phone_call']],
    mind: [0.2, 0.8, 0.5, 0.6],
    place: ['garden', 40.7128, -74.006, 'standing', 'moderate'],
    reliability: 0.58,
  },
];

export async function up(db: Knex): Promise<void> {
  await db('humans').insert(people.map(rowOf));
}

export async function down(db: Knex): Promise<void> {
  await db('humans').where({ simulated: true }).delete();
}

function rowOf(person: SimulatedHuman) {
  const { energy, mood, mind, place } = person;
  const document = {
    online: true,
    energy: {
      current: energy[0],
      trend: energy[1],
      last_meal: 'an hour ago',
      last_caffeine: 'this morning',
      sleep_quality_last_night: energy[3],
      hours_since_wake: energy[2],
    },
    mood: {
      primary: mood[0],
      valence: mood[1],
      arousal: mood[2],
      stability: mood[3],
      recent_triggers: mood[4],
    },
    cognitive: {
      focus_level: mind[0],
      working_memory_load: mind[1],
      decision_fatigue: mind[2],
      creative_capacity: mind[3],
    },
    physical: {
      location: { type: place[0], lat: place[1], lng: place[2] },
      posture: place[3],
      activity_level: place[4],
    },
    reliability_factors: {
      base_score: person.reliability,
      current_modifier: 0,
      effective_score: person.reliability,
    },
  };
  return {
    id: person.id,
    user_id: null,
    simulated: true,
    display_name: person.name,
    bio: person.bio,
    skills: person.skills,
    time_zone: person.zone,
    status_document: JSON.stringify(document),
  };
}
