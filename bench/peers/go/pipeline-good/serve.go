package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"votaton/bench/peers/votatonpb"
)

type service struct {
	votatonpb.UnimplementedVoteServiceServer
	producer *kgo.Client
}

// Cast answers once the broker has stored the vote.
func (s *service) Cast(ctx context.Context, cast *votatonpb.Vote) (*votatonpb.Receipt, error) {
	if cast.Name == "" {
		return nil, status.Error(codes.InvalidArgument, "name is empty")
	}
	value, err := json.Marshal(vote{cast.Name, cast.Album, cast.Year, cast.Rank})
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	record, err := s.producer.ProduceSync(ctx, &kgo.Record{Value: value}).First()
	if err != nil {
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	return &votatonpb.Receipt{Position: fmt.Sprintf("%d:%d", record.Partition, record.Offset), Status: "recorded"}, nil
}

func serve(listen, broker, topic string) error {
	producer, err := kgo.NewClient(
		kgo.SeedBrokers(broker),
		kgo.DefaultProduceTopic(topic),
		kgo.RequiredAcks(kgo.AllISRAcks()), // and idempotent, by default
		kgo.ProducerLinger(time.Millisecond),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
	)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	votatonpb.RegisterVoteServiceServer(server, &service{producer: producer})
	return server.Serve(listener)
}
