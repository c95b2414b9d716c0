// A pipeline of votes as a good Go programmer writes it: gRPC into Kafka through one shared producer, and a consumer
// that writes each batch to Redis and MongoDB at once. At least once: it knows no identities.
//
//	pipeline-good serve -listen HOST:PORT -kafka HOST:PORT -topic TOPIC
//	pipeline-good count -kafka HOST:PORT -topic TOPIC -redis URL -mongo URL -database NAME
package main

import (
	"flag"
	"log"
	"os"
)

// vote is the value of a record.
type vote struct {
	Name  string `json:"name"`
	Album string `json:"album"`
	Year  string `json:"year"`
	Rank  string `json:"rank"`
}

func main() {
	if len(os.Args) < 2 {
		log.Fatal("serve or count?")
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:0", "where to listen")
	broker := flags.String("kafka", "", "the broker")
	topic := flags.String("topic", "votes", "the topic")
	redisURL := flags.String("redis", "", "the tally")
	mongoURL := flags.String("mongo", "", "the log")
	database := flags.String("database", "votes", "the log's database")
	if err := flags.Parse(os.Args[2:]); err != nil {
		log.Fatal(err)
	}
	switch os.Args[1] {
	case "serve":
		log.Fatal(serve(*listen, *broker, *topic))
	case "count":
		log.Fatal(count(*broker, *topic, *redisURL, *mongoURL, *database))
	default:
		log.Fatalf("unknown role %q", os.Args[1])
	}
}
