package main

import (
	"context"
	"encoding/json"
	"log"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

const batchMax = 1000

type counter struct {
	consumer *kgo.Client
	tally    *redis.Client
	logs     *mongo.Collection
}

func open(broker, topic, redisURL, mongoURL, database string) (*counter, error) {
	redisOptions, err := redis.ParseURL(redisURL)
	if err != nil {
		return nil, err
	}
	concern := writeconcern.Majority()
	journal := true
	concern.Journal = &journal
	client, err := mongo.Connect(options.Client().ApplyURI(mongoURL).SetWriteConcern(concern))
	if err != nil {
		return nil, err
	}
	consumer, err := kgo.NewClient(
		kgo.SeedBrokers(broker),
		kgo.ConsumerGroup("good-"+topic),
		kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
	)
	if err != nil {
		return nil, err
	}
	logs := client.Database(database).Collection("logs")
	return &counter{consumer, redis.NewClient(redisOptions), logs}, nil
}

// apply writes one batch to both stores.
func (c *counter) apply(ctx context.Context, records []*kgo.Record) error {
	pipe := c.tally.Pipeline()
	documents := make([]bson.D, 0, len(records))
	for _, record := range records {
		var read vote
		if err := json.Unmarshal(record.Value, &read); err != nil {
			log.Printf("%d:%d: %v", record.Partition, record.Offset, err)
			continue
		}
		pipe.HIncrBy(ctx, "votos_banda", read.Name, 1)
		data := bson.D{{Key: "name", Value: read.Name}, {Key: "album", Value: read.Album},
			{Key: "year", Value: read.Year}, {Key: "rank", Value: read.Rank}}
		documents = append(documents, bson.D{{Key: "message", Value: "ok"}, {Key: "data", Value: data},
			{Key: "timestamp", Value: record.Timestamp}})
	}
	if len(documents) == 0 {
		return nil
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return err
	}
	_, err := c.logs.InsertMany(ctx, documents, options.InsertMany().SetOrdered(false))
	return err
}

func count(broker, topic, redisURL, mongoURL, database string) error {
	c, err := open(broker, topic, redisURL, mongoURL, database)
	if err != nil {
		return err
	}
	ctx := context.Background()
	for {
		fetches := c.consumer.PollRecords(ctx, batchMax)
		if err := fetches.Err(); err != nil {
			log.Print(err)
			time.Sleep(time.Second)
			continue
		}
		if err := c.apply(ctx, fetches.Records()); err != nil {
			return err
		}
		if err := c.consumer.CommitUncommittedOffsets(ctx); err != nil {
			return err
		}
	}
}
