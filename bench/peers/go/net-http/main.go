// A plain net/http server that reads a vote as JSON and stores nothing: what votatón's HTTP side is measured against.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"strconv"
	"sync/atomic"
)

type vote struct {
	Name  string `json:"name"`
	Album string `json:"album"`
	Year  string `json:"year"`
	Rank  string `json:"rank"`
}

type receipt struct {
	Message  string `json:"message"`
	ID       string `json:"id"`
	Position string `json:"position"`
	Status   string `json:"status"`
}

var position atomic.Int64

func cast(writer http.ResponseWriter, request *http.Request) {
	var read vote
	if err := json.NewDecoder(request.Body).Decode(&read); err != nil || read.Name == "" {
		http.Error(writer, `{"error":{"code":"malformed_json"}}`, http.StatusBadRequest)
		return
	}
	writer.Header().Set("Content-Type", "application/json")
	answer := receipt{"ok", "018f3a2e-0000-7000-8000-000000000000", strconv.FormatInt(position.Add(1), 10), "counted"}
	if err := json.NewEncoder(writer).Encode(answer); err != nil {
		log.Print(err)
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "where to listen")
	flag.Parse()
	http.HandleFunc("POST /v1/votes", cast)
	log.Fatal(http.ListenAndServe(*listen, nil))
}
