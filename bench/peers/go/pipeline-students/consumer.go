package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/segmentio/kafka-go"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

type entry struct {
	Message   string    `bson:"message"`
	Data      vote      `bson:"data"`
	Timestamp time.Time `bson:"timestamp"`
}

func add(ctx context.Context, tally *redis.Client, name string) error {
	votes, err := tally.HGet(ctx, "votos_banda", name).Int64()
	if err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	return tally.HSet(ctx, "votos_banda", name, votes+1).Err()
}

func consume(broker, topic, redisURL, mongoURL, database string) error {
	redisOptions, err := redis.ParseURL(redisURL)
	if err != nil {
		return err
	}
	tally := redis.NewClient(redisOptions)
	client, err := mongo.Connect(options.Client().ApplyURI(mongoURL))
	if err != nil {
		return err
	}
	logs := client.Database(database).Collection("logs")
	reader := kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{broker}, Topic: topic, GroupID: "students-" + topic, CommitInterval: time.Second,
	})
	ctx := context.Background()
	for {
		message, err := reader.ReadMessage(ctx) // and commits it, each second
		if err != nil {
			return err
		}
		var read vote
		if err := json.Unmarshal(message.Value, &read); err != nil {
			log.Print(err)
			continue
		}
		if err := add(ctx, tally, read.Name); err != nil {
			return err
		}
		if _, err := logs.InsertOne(ctx, entry{"ok", read, time.Now()}); err != nil {
			return err
		}
	}
}
