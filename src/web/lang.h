/* The two languages of the pages, and which one a request wants. */
#ifndef VT_WEB_LANG_H
#define VT_WEB_LANG_H

#include "net/http.h"

typedef enum vt_lang { VT_LANG_ES, VT_LANG_EN } vt_lang;

enum { VT_LANG_COUNT = 2 };

/* "es", "en". Static. */
const char *vt_lang_code(vt_lang lang);

/* The parameter `lang` of the query when it is "es" or "en"; else the better one of Accept-Language (RFC 9110
 * §12.5.4); else Spanish. */
vt_lang vt_lang_choose(const vt_request *request);

#endif
