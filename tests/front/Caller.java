import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** Two posts and a get on one client as Java makes it: it offers HTTP/2 with each. Prints a status and an answer a line. */
public class Caller {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        URI address = URI.create(arguments[0]);
        for (String body : new String[] {"{\"first\":1}", "{\"second\":22}", null}) {
            HttpRequest.Builder request = HttpRequest.newBuilder(address);
            if (body != null) {
                request.header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body));
            }
            HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            System.out.println(answer.statusCode() + " " + answer.body());
        }
    }
}
