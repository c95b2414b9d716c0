package main

import (
	"context"
	"encoding/json"
	"net"

	"github.com/segmentio/kafka-go"
	"google.golang.org/grpc"

	"votaton/bench/peers/votatonpb"
)

type service struct {
	votatonpb.UnimplementedVoteServiceServer
	broker string
	topic  string
}

// Cast writes the vote through a producer of its own, with the settings that it has by default: acks of all replicas,
// and a second's wait for further messages to send along.
func (s *service) Cast(ctx context.Context, cast *votatonpb.Vote) (*votatonpb.Receipt, error) {
	value, err := json.Marshal(vote{cast.Name, cast.Album, cast.Year, cast.Rank})
	if err != nil {
		return nil, err
	}
	writer := kafka.NewWriter(kafka.WriterConfig{Brokers: []string{s.broker}, Topic: s.topic})
	defer writer.Close()
	if err := writer.WriteMessages(ctx, kafka.Message{Value: value}); err != nil {
		return nil, err
	}
	return &votatonpb.Receipt{Status: "ok"}, nil
}

func produce(listen, broker, topic string) error {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	votatonpb.RegisterVoteServiceServer(server, &service{broker: broker, topic: topic})
	return server.Serve(listener)
}
