/*
 * output_store.h - a store config with everything it names, so that other commands can read a
 * simulation
 *
 * store.cfg, floor.geojson, cameras/ID.cfg, and cameras.txt (a matrix a line) where no camera has a
 * lens. The calibrations are those that people believe.
 */
#ifndef FLOORFUSE_SIM_OUTPUT_STORE_H
#define FLOORFUSE_SIM_OUTPUT_STORE_H

#include "sim/simulation.h"

/*
 * Write them into a folder that is there; each file whole or not at all.
 *   floor_text  GeoJSON
 * Returns 0, -errno with a sentence, -ENOMEM.
 */
MUST_CHECK int output_store_write(const char *folder, const struct sim_config *config,
                                  const struct simulation *simulation, const char *floor_text,
                                  size_t floor_length, struct error *err);

#endif
