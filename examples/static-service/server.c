/* Answers every request on a TCP port with one line: as much of a web server as an example needs. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 20\r\n\r\nhello from scratch!\n";

int main(int argc, char **argv) {
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY) };
    int number = argc > 1 ? atoi(argv[1]) : 8080;
    int enable = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_port = htons((unsigned short)number);
    signal(SIGPIPE, SIG_IGN);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &enable, sizeof enable) != 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 16) != 0) {
        perror("couldn't listen");
        return 1;
    }
    printf("listening on port %d\n", number);
    fflush(stdout);
    for (;;) {
        char request[1024];
        int client = accept(listener, NULL, NULL);

        if (client < 0)
            continue;
        if (read(client, request, sizeof request) > 0 && write(client, answer, strlen(answer)) < 0)
            perror("couldn't answer");
        close(client);
    }
}
