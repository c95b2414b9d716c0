#include "web/words.h"

const char *vt_word_text(vt_lang lang, vt_word word) {
    static const char *const texts[VT_WORD_COUNT][VT_LANG_COUNT] = {
#define VT_WORD_TEXTS(name, es, en) [VT_WORD_##name] = {[VT_LANG_ES] = (es), [VT_LANG_EN] = (en)},
        VT_WORD_MAP(VT_WORD_TEXTS)
#undef VT_WORD_TEXTS
    };
    return texts[word][lang];
}
