/*
 * sighting.h - one observation as association uses it: where that person may be
 *
 * A box has two readings. Either the feet are at its lower edge: then the floor is there, and the
 * upper edge tells how tall the person is. Or the feet are hidden, by a shelf, by somebody, by the
 * edge of the picture: then the floor is where a head of that height would be seen, which is
 * vaguer, the more so the lower the camera hangs. A track that knows where its person should be,
 * and how tall they are, can tell the two apart; so both are kept until then.
 */
#ifndef FLOORFUSE_FUSION_SIGHTING_H
#define FLOORFUSE_FUSION_SIGHTING_H

#include "base/arena.h"
#include "fusion/align.h"
#include "fusion/appearance.h"
#include "fusion/cameras.h"
#include "fusion/ground.h"

struct sighting {
    int camera;   /* slot */
    size_t frame; /* number of the frame in this tick */
    int64_t capture_us;
    double noise_scale;  /* factor on the covariances when positions are estimated */
    struct floor_m away; /* unit vector from the camera to the foot; 0, 0: not known */

    /* Feet at the lower edge. */
    struct floor_m foot;
    struct covariance2 foot_covariance; /* m^2, of all that can be wrong */

    /* Feet hidden: where a person of the mean height would stand. A person who is taller by dh
     * stands nearer by per_height * dh. */
    bool has_head;
    struct person_height people; /* whom the camera expects */
    struct floor_m head;
    struct covariance2 head_covariance; /* m^2, for a person whose height is known */
    struct floor_m per_height;          /* m per m of height */
    double height_m;                    /* of the upper edge over the foot; NaN: not known */
    double hidden;         /* how likely the feet are hidden, before looking at the height, 0..1 */
    double hidden_density; /* of height_m when they are hidden, 1/m */
    double seen_cost, hidden_cost; /* -2 ln of what the densities of height have in common */

    /* Of both readings together, for a person of whom nothing is known. */
    struct floor_m position;
    struct covariance2 covariance;
    bool feet_are_seen; /* surely enough to learn from */
    bool is_part;       /* of somebody whom another box of the frame shows whole: nobody's own */

    const struct appearance_vector *appearance; /* NULL: not known; in the tick's arena */
};

enum reading { READING_FOOT, READING_HEAD };

/* The sightings of a frame, in its order; NULL when out of memory. own_variance_m2 is what
 * calibrations and bodies add to every observation. */
struct sighting *sightings_of_frame(const struct aligned_frame *frame, size_t number,
                                    const struct camera *camera, const struct ground *ground,
                                    double own_variance_m2, struct arena *arena);

/* What is believed of a person before a frame is looked at. */
struct prediction {
    struct floor_m position;
    struct covariance2 covariance;
    double velocity_x_m_s, velocity_y_m_s;
    double height_m, height_variance;
    double told_variance, ln_told_variance; /* of the height a box shows: prediction_set_height */
    /* Handicap against others who want the same sighting: -4 ln of the probability that there is
     * such a person, twice what the likelihoods ask for; INFINITY: takes part in nothing. */
    double unbelief;
    const struct portrait *portrait; /* NULL: nobody knows what the person looks like */
    int64_t time_us;
};

/* What is known of the person's height, and what that means for the boxes they show. */
void prediction_set_height(struct prediction *prediction, double height_m, double variance);

/* Where a reading puts a person of that height, and how exactly. */
struct floor_m sighting_read(const struct sighting *sighting, enum reading reading, double height_m,
                             double height_variance, struct covariance2 *ret_covariance);

/* The same, moved to the prediction's time with its velocity, and with the noise that the camera
 * really has. */
struct floor_m sighting_at(const struct sighting *sighting, enum reading reading,
                           const struct prediction *person, struct covariance2 *ret_covariance);

/*
 * How badly a sighting fits a person.
 *   gate          squared Mahalanobis distance at which a reading is out of the question
 *   ret_reading   the likelier reading
 *   ret_limit     what leaving the sighting alone costs: that it is of nobody who is known, but
 *                 never more than a reading at the gate
 * Returns -2 ln of the likelihood, or INFINITY when no reading is inside the gate; the outputs are
 * not set then.
 */
double sighting_misfit(const struct sighting *sighting, const struct prediction *person,
                       double gate, enum reading *ret_reading, double *ret_limit);

#endif
