/** Humans as apps and they themselves read them, as schemas of the responses. */
import { z } from 'zod';

export const quietHoursSchema = z.strictObject({ from: z.string(), to: z.string() });

const figure = z.number();

/** The documented members of the status; what a human has not told is neutral or null. */
export const statusSchema = z.strictObject({
  human_id: z.string(),
  timestamp: z.iso.datetime(),
  online: z.boolean(),
  energy: z.strictObject({
    current: figure,
    trend: z.string(),
    last_meal: z.string().nullable(),
    last_caffeine: z.string().nullable(),
    sleep_quality_last_night: figure.nullable(),
    hours_since_wake: figure.nullable(),
  }),
  mood: z.strictObject({
    primary: z.string(),
    valence: figure,
    arousal: figure,
    stability: figure,
    recent_triggers: z.array(z.string()),
  }),
  cognitive: z.strictObject({
    focus_level: figure,
    working_memory_load: figure,
    decision_fatigue: figure,
    creative_capacity: figure,
  }),
  physical: z.strictObject({
    location: z.strictObject({ type: z.string(), lat: figure.nullable(), lng: figure.nullable() }),
    posture: z.string(),
    activity_level: z.string(),
  }),
  availability: z.strictObject({
    status: z.enum(['available', 'busy', 'making_tea', 'on_break', 'sleeping', 'unavailable']),
    current_task: z.string().nullable(),
    accepting_new_tasks: z.boolean(),
  }),
  reliability_factors: z.strictObject({
    base_score: figure,
    current_modifier: figure,
    effective_score: figure,
  }),
});

export const profileSchema = z.strictObject({
  human_id: z.string(),
  display_name: z.string(),
  bio: z.string(),
  skills: z.array(z.string()),
  preferences: z.strictObject({
    accepting_new_tasks: z.boolean(),
    quiet_hours: quietHoursSchema.nullable(),
    time_zone: z.string(),
  }),
  simulated: z.boolean(),
});

export const candidateSchema = z.strictObject({
  human_id: z.string(),
  display_name: z.string(),
  reliability_score: figure,
  current_energy: figure,
  mood: z.string(),
  skills: z.array(z.string()),
  estimated_response_time: z.string(),
  bio: z.string().nullable(),
});

/** A human as they read themselves. */
export const selfSchema = z.strictObject({
  human_id: z.string(),
  display_name: z.string(),
  bio: z.string(),
  skills: z.array(z.string()),
  takes_tasks: z.boolean(),
  availability: z.strictObject({
    status: z.enum(['available', 'unavailable', 'break', 'tea', 'sleeping']),
    until: z.iso.datetime().nullable(),
  }),
  quiet_hours: quietHoursSchema.nullable(),
  time_zone: z.string(),
});

/** An app that a human gave access. */
export const connectionSchema = z.strictObject({
  id: z.string(),
  app: z.strictObject({ client_id: z.string(), name: z.string(), verified_host: z.string().nullable() }),
  scopes: z.array(z.string()),
  granted_at: z.iso.datetime(),
  last_used_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
});
