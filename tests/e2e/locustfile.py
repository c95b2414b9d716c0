"""A load script in the form of those that the earlier pipelines ship: it must run against the program unchanged."""

import random

from locust import HttpUser, constant, task

BANDS = [("Viernes Verde", "Remedios", "2001"), ("Bohemia Suburbana", "Sombras en el Jardín", "1993")]


class Voter(HttpUser):
    wait_time = constant(0.01)

    @task
    def send_vote(self):
        name, album, year = random.choice(BANDS)
        body = {"name": name, "album": album, "year": year, "rank": str(random.randint(1, 5))}
        response = self.client.post("/grpc/insert", json=body)
        assert response.json()["message"] == "ok"
