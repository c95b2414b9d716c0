// A plain grpc-go server of VoteService that stores nothing: what votatón's gRPC side is measured against.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"strconv"
	"sync/atomic"

	"google.golang.org/grpc"

	"votaton/bench/peers/votatonpb"
)

type service struct {
	votatonpb.UnimplementedVoteServiceServer
	position atomic.Int64
}

func (s *service) receipt() *votatonpb.Receipt {
	position := strconv.FormatInt(s.position.Add(1), 10)
	return &votatonpb.Receipt{Id: "018f3a2e-0000-7000-8000-000000000000", Position: position, Status: "counted"}
}

func (s *service) Cast(_ context.Context, vote *votatonpb.Vote) (*votatonpb.Receipt, error) {
	return s.receipt(), nil
}

func (s *service) CastBatch(_ context.Context, batch *votatonpb.CastBatchRequest) (*votatonpb.CastBatchReply, error) {
	reply := &votatonpb.CastBatchReply{}
	for range batch.Votes {
		reply.Receipts = append(reply.Receipts, s.receipt())
	}
	return reply, nil
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "where to listen")
	flag.Parse()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	votatonpb.RegisterVoteServiceServer(server, &service{})
	log.Fatal(server.Serve(listener))
}
