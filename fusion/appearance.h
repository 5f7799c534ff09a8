/*
 * appearance.h - what people look like, as one more reason to take a sighting for somebody
 *
 * A detector may send a vector with each observation, from any re-identification network. Each
 * track has a portrait: the mean of what it surely looked like. How far a vector is from a portrait
 * (1 - cosine) is judged by two normal models, of a person and their own portrait and of a person
 * and somebody else's, that are learned while fusion runs: so a network that tells people apart
 * weighs much and one that does not weighs nothing. Nobody has to say how good it is.
 *
 * Vectors of different lengths or of different models (model_id of the frame) are never compared.
 * Without vectors nothing here is allocated.
 */
#ifndef FLOORFUSE_FUSION_APPEARANCE_H
#define FLOORFUSE_FUSION_APPEARANCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* One observation's vector, of unit length; the numbers are borrowed. */
struct appearance_vector {
    const float *values;
    uint32_t length;
    uint64_t model; /* appearance_model_of() */
};

/* A number that stands for a model's name. */
uint64_t appearance_model_of(const char *model_id);

/* Scale to unit length. Returns -EINVAL, ret_unit untouched, when a number is not finite or all are
 * 0: that says nothing. Both have length numbers. */
MUST_CHECK int appearance_normalise(const float *values, size_t length, float *ret_unit);

/* Networks in use at one time at most; vectors of others are left out and counted. */
#define APPEARANCE_MODELS_MAX 4

/* Sightings that a portrait needs before it is compared with, and remembers at most. */
#define APPEARANCE_SIGHTINGS_MIN 3
#define APPEARANCE_SIGHTINGS_MAX 100

/* A portrait takes a sighting this often: pictures taken sooner after each other are all but the
 * same, and would make people look more like themselves than they do. */
#define APPEARANCE_STEP_US 250000

/*
 * No vector says more than this, -2 ln of a likelihood ratio: 20 to 1. Clothes are alike, people
 * turn round, and what one frame says the next one says again.
 */
#define APPEARANCE_COST_MAX 6.0

/* Models whose distances for the same person and for others lie nearer than this, in standard
 * deviations, say nothing: their costs are 0. By chance alone learned means differ that much. */
#define APPEARANCE_SEPARATION_MIN 0.3

struct appearance; /* opaque; of all tracks of one floor */
struct portrait;   /* opaque; of one track */

MUST_CHECK int appearance_create(struct appearance **ret_appearance);
void appearance_destroy(struct appearance **appearance);

/* A track's portrait, or NULL. Valid until the track is forgotten; its content changes with what is
 * learned. appearance may be NULL. */
const struct portrait *appearance_of(const struct appearance *appearance, uint64_t track);

/*
 * What a vector says about being the person of a portrait: -2 ln(P(distance | same person) /
 * P(distance | another person)), within +-APPEARANCE_COST_MAX. 0 where nothing is known: either is
 * NULL, no portrait by this model yet, or the model tells nobody apart.
 */
double appearance_cost(const struct portrait *portrait, const struct appearance_vector *vector);

/*
 * A sighting that is surely the track's: the portrait takes it in, and the model learns how far
 * people are from their own portraits.
 * Returns 1 when it was taken in, 0 when the last one is too recent or there is no room for its
 * model, -ENOMEM.
 */
MUST_CHECK int appearance_note_same(struct appearance *appearance, uint64_t track,
                                    const struct appearance_vector *vector, int64_t capture_us);

/* A sighting that is surely not the track's, as somebody else in the frame is: the model learns how
 * far people are from others' portraits. */
void appearance_note_different(struct appearance *appearance, uint64_t track,
                               const struct appearance_vector *vector);

/* Forget all portraits but those of these tracks; numbers ascend. */
void appearance_keep(struct appearance *appearance, const uint64_t *tracks, size_t count);

/* How a model judges distances, for reports and tests. Returns false when it is not in use. */
struct appearance_judgement {
    double same_mean, same_sd, different_mean, different_sd;
};
bool appearance_judgement_of(const struct appearance *appearance, uint64_t model, uint32_t length,
                             struct appearance_judgement *ret_judgement);

struct appearance_counts {
    size_t portraits;
    uint64_t left_out; /* vectors for whose model there was no room */
};
struct appearance_counts appearance_counts(const struct appearance *appearance);

/* All of it as bytes and back, bit for bit. appearance may be NULL; *ret_appearance is NULL then.
 * Returns 0, -EBADMSG when the bytes are not such a state, -ENOMEM. */
void appearance_save(const struct appearance *appearance, struct buffer *buffer);
MUST_CHECK int appearance_restore(struct buffer_reader *reader, struct appearance **ret_appearance);

#endif
