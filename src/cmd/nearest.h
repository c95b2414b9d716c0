/* "Did you mean …?": the known word that is nearest to a mistyped one. */
#ifndef VT_CMD_NEAREST_H
#define VT_CMD_NEAREST_H

#include <stddef.h>

/* Longer words are near to nothing. */
enum { VT_NEAREST_WORD_MAX = 40 };

/* How many letters have to be inserted, deleted or replaced to make one word the other (Levenshtein's distance); at
 * least VT_NEAREST_WORD_MAX when one of them is longer than that. */
size_t vt_nearest_distance(const char *a, const char *b);

/* Keeps in *best the nearer of itself and `candidate`, and the distance in *distance, which starts as the greatest
 * distance that still counts as near, plus one. */
void vt_nearest_offer(const char *word, const char *candidate, const char **best, size_t *distance);

/* A greatest distance, plus one, for words of that length: a third of the letters may be wrong. */
size_t vt_nearest_limit(const char *word);

#endif
