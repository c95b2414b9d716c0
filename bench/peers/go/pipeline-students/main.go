// A pipeline of votes in the design that students hand in: each vote costs a gRPC connection and a Kafka producer of
// its own, and is counted by reading, adding one and writing back. What goes wrong in it is not repaired here.
//
//	pipeline-students web      -listen HOST:PORT -producer HOST:PORT
//	pipeline-students producer -listen HOST:PORT -kafka HOST:PORT -topic TOPIC
//	pipeline-students consumer -kafka HOST:PORT -topic TOPIC -redis URL -mongo URL -database NAME
package main

import (
	"flag"
	"log"
	"os"
)

type vote struct {
	Name  string `json:"name" bson:"name"`
	Album string `json:"album" bson:"album"`
	Year  string `json:"year" bson:"year"`
	Rank  string `json:"rank" bson:"rank"`
}

func main() {
	if len(os.Args) < 2 {
		log.Fatal("web, producer or consumer?")
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:0", "where to listen")
	producer := flags.String("producer", "", "the gRPC service behind web")
	broker := flags.String("kafka", "", "the broker")
	topic := flags.String("topic", "votes", "the topic")
	redisURL := flags.String("redis", "", "the tally")
	mongoURL := flags.String("mongo", "", "the log")
	database := flags.String("database", "votes", "the log's database")
	if err := flags.Parse(os.Args[2:]); err != nil {
		log.Fatal(err)
	}
	switch os.Args[1] {
	case "web":
		log.Fatal(web(*listen, *producer))
	case "producer":
		log.Fatal(produce(*listen, *broker, *topic))
	case "consumer":
		log.Fatal(consume(*broker, *topic, *redisURL, *mongoURL, *database))
	default:
		log.Fatalf("unknown role %q", os.Args[1])
	}
}
