/* Every text of the pages, in both languages. */
#ifndef VT_WEB_WORDS_H
#define VT_WEB_WORDS_H

#include "web/lang.h"

/* X(name, Spanish, English) */
#define VT_WORD_MAP(X)                                                                                                 \
    X(RESULTS, "Resultados", "Results")                                                                                \
    X(LOG, "Votos", "Votes")                                                                                           \
    X(SKIP, "Ir al contenido", "Skip to content")                                                                      \
    X(OTHER_LANGUAGE, "English", "Español")                                                                            \
    X(NOT_OPEN_YET, "Aún no abre", "Not open yet")                                                                     \
    X(OPEN, "Votación abierta", "Voting is open")                                                                      \
    X(CLOSED, "Votación cerrada", "Voting is closed")                                                                  \
    X(VOTES_COUNTED, "votos contados", "votes counted")                                                                \
    X(NO_VOTES, "Todavía no hay votos.", "No votes yet.")                                                              \
    X(BY_BAND, "Votos por banda", "Votes by band")                                                                     \
    X(PLACE, "Puesto", "Place")                                                                                        \
    X(BAND, "Banda", "Band")                                                                                           \
    X(VOTES, "Votos", "Votes")                                                                                         \
    X(SHARE, "Parte", "Share")                                                                                         \
    X(ALBUMS, "Álbumes", "Albums")                                                                                     \
    X(MORE_BANDS, "La lista completa está en", "The whole list is at")                                                 \
    X(HIDDEN_TITLE, "Los resultados son una sorpresa", "The results are a surprise")                                   \
    X(HIDDEN_FROM, "Los votos se siguen contando. Los resultados se mostrarán aquí el",                                \
      "Votes are being counted all the while. The results will be shown here on")                                      \
    X(HIDDEN_UNTIL_CLOSE, "Los votos se siguen contando. Los resultados se mostrarán aquí cuando cierre la votación.", \
      "Votes are being counted all the while. The results will be shown here when voting closes.")                     \
    X(STALE, "Los resultados no se pueden actualizar en este momento. Última actualización:",                          \
      "The results cannot be updated right now. Last updated:")                                                        \
    X(AWAY_TITLE, "Esta página vuelve enseguida", "This page will be back shortly")                                    \
    X(AWAY_TEXT, "No se puede leer en este momento. Los votos recibidos están a salvo. La página se recarga sola.",    \
      "It cannot be read right now. The votes received are safe. The page reloads by itself.")                         \
    X(NO_PAGE_TITLE, "Aquí no hay ninguna página", "There is no page here")                                            \
    X(NO_PAGE_TEXT, "Puede que la dirección esté mal escrita o que ya no exista.",                                     \
      "The address may be misspelt, or no longer exist.")                                                              \
    X(TO_RESULTS, "Ver los resultados", "See the results")                                                             \
    X(ENTRY_TITLE, "Aquí se reciben votos", "Votes are taken here")                                                    \
    X(ENTRY_TEXT, "Esta dirección no tiene páginas. Los resultados los muestra «votaton web», en otra dirección.",     \
      "There are no pages at this address. “votaton web” shows the results, at another one.")                          \
    X(NEWEST_VOTES, "Votos más recientes", "Newest votes")                                                             \
    X(OLDER_VOTES, "Votos anteriores", "Older votes")                                                                  \
    X(TO_NEWEST, "A los más recientes", "Back to the newest")                                                          \
    X(FILTER, "Filtrar", "Filter")                                                                                     \
    X(ALL_BANDS, "Todas las bandas", "All bands")                                                                      \
    X(TIME, "Hora", "Time")                                                                                            \
    X(VOTE, "Voto", "Vote")                                                                                            \
    X(RANK, "Nota", "Rank")

typedef enum vt_word {
#define VT_WORD_ENUM(name, es, en) VT_WORD_##name,
    VT_WORD_MAP(VT_WORD_ENUM)
#undef VT_WORD_ENUM
        VT_WORD_COUNT
} vt_word;

/* The word's text; plain text without markup characters. Static. */
const char *vt_word_text(vt_lang lang, vt_word word);

#endif
