/*
 * one_group.h - grouping by putting everything into one group: what association by groups is
 * compared with
 */
#ifndef FLOORFUSE_BENCH_ONE_GROUP_H
#define FLOORFUSE_BENCH_ONE_GROUP_H

#include "fusion/edge.h"

uint32_t one_group_find(struct groups *groups, uint32_t member);
uint32_t one_group_join(struct groups *groups, uint32_t a, uint32_t b);

#endif
