package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"votaton/bench/peers/votatonpb"
)

// forward hands a vote on, over a connection of its own.
func forward(ctx context.Context, producer string, read *vote) error {
	connection, err := grpc.NewClient(producer, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	cast := &votatonpb.Vote{Name: read.Name, Album: read.Album, Year: read.Year, Rank: read.Rank}
	_, err = votatonpb.NewVoteServiceClient(connection).Cast(ctx, cast)
	return err
}

func web(listen, producer string) error {
	http.HandleFunc("POST /v1/votes", func(writer http.ResponseWriter, request *http.Request) {
		var read vote
		if err := json.NewDecoder(request.Body).Decode(&read); err != nil {
			http.Error(writer, err.Error(), http.StatusBadRequest)
			return
		}
		if err := forward(request.Context(), producer, &read); err != nil {
			http.Error(writer, err.Error(), http.StatusInternalServerError)
			return
		}
		writer.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(writer).Encode(map[string]string{"message": "ok"}); err != nil {
			log.Print(err)
		}
	})
	return http.ListenAndServe(listen, nil)
}
